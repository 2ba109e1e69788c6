/*
 * generated.c
 *	  Generated columns that a trigger's row does not have yet.
 *
 * In a BEFORE trigger NEW has NULL for stored generated columns, and in every
 * trigger for virtual ones: a model would take them as missing.  So they are
 * computed here from the other columns of the row, as the server will.  A column
 * that is NULL because its expression says so comes out NULL again.
 *
 * Outside triggers rows have their values, and nothing is computed: who reads
 * rows of a table does not expect to run what its owner wrote.  For the same
 * reason expressions with functions of users are refused, as the server does for
 * virtual columns.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/transam.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "generated.h"

struct CreditGenerated
{
	Oid			relation;
	MemoryContext context;
	TupleTableSlot *slot;
	ExprContext *econtext;
	ExprState **expressions;	/* per attribute; NULL: not yet needed */
};

CreditGenerated *
credit_generated_create(Oid row_type, TupleDesc descriptor,
						MemoryContext context)
{
	MemoryContext before = MemoryContextSwitchTo(context);
	CreditGenerated *generated = palloc(sizeof(CreditGenerated));

	*generated = (CreditGenerated) {
		.relation = get_typ_typrelid(row_type),
		.context = context,
		.slot = MakeSingleTupleTableSlot(descriptor, &TTSOpsHeapTuple),
		.econtext = CreateStandaloneExprContext(),
		.expressions = palloc0(descriptor->natts * sizeof(ExprState *)),
	};
	MemoryContextSwitchTo(before);
	return generated;
}

static bool
is_of_user(Oid function, void *context)
{
	(void) context;
	return function >= FirstNormalObjectId;
}

/* The checks of a domain may call functions, too. */
static bool
calls_users(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, CoerceToDomain) ||
		check_functions_in_node(node, is_of_user, context) ||
		expression_tree_walker(node, calls_users, context);
}

static ExprState *
make_expression(const CreditGenerated *generated, AttrNumber number)
{
	Relation	relation = relation_open(generated->relation, AccessShareLock);
	Expr	   *expression = (Expr *) build_column_default(relation, number);

	if (calls_users((Node *) expression, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("generated column \"%s\" has no value in the trigger's row",
						get_attname(generated->relation, number, false)),
				 errdetail("Its expression calls functions of users, which are not called to score."),
				 errhint("Score in an AFTER trigger, by a row that is read from the table; or compute the value in the trigger and pass it in a JSON object.")));
	expression = expression_planner(expression);
	relation_close(relation, AccessShareLock);
	return ExecInitExpr(expression, NULL);
}

Datum
credit_generated_value(CreditGenerated *generated, HeapTuple row,
					   AttrNumber number, bool *isnull)
{
	ExprState **expression = &generated->expressions[number - 1];
	Datum		value;

	*isnull = true;
	if (DatumGetInt32(OidFunctionCall0(F_PG_TRIGGER_DEPTH)) == 0)
		return (Datum) 0;
	if (*expression == NULL)
	{
		MemoryContext before = MemoryContextSwitchTo(generated->context);

		*expression = make_expression(generated, number);
		MemoryContextSwitchTo(before);
	}
	ResetExprContext(generated->econtext);
	ExecStoreHeapTuple(row, generated->slot, false);
	generated->econtext->ecxt_scantuple = generated->slot;
	value = ExecEvalExpr(*expression, generated->econtext, isnull);
	ExecClearTuple(generated->slot);
	return value;
}
