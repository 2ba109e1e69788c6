/*
 * callsite.h
 *	  A place in a statement that asks a model: from its arguments to a model
 *	  and a feature vector.
 */
#ifndef CREDIT_CALLSITE_H
#define CREDIT_CALLSITE_H

#include "fmgr.h"
#include "utils/array.h"

#include "feature.h"
#include "model.h"
#include "registry.h"

/*
 * What belongs to a model lives in a context of its own, with the pin on the
 * model, and goes when the model changes.
 */
typedef struct CreditCallSite
{
	CreditModel *model;			/* NULL: not resolved yet */
	float	   *vector;			/* a float per feature, NaN for missing */
	MemoryContext context;		/* of what belongs to the model */

	/* What the model was found by. */
	CreditSnapshotKey key;
	char	   *reference;		/* as it was given; NULL: the default */
	char	   *default_model;	/* the setting then */
	int64		version_id;

	/* Of rows. */
	CreditRowMap *map;			/* NULL: no row yet */
	MemoryContext map_context;	/* child of context */

	/* Of columns. */
	int			n_columns;
	int		   *column_features;	/* of each column; -1: not read */
	Oid		   *column_types;	/* base types; NULL: no columns yet */
} CreditCallSite;

/* A site that goes with the current memory context. */
extern CreditCallSite *credit_call_site_create(void);

/*
 * Makes site->model the one that the reference, NULL for the default, means
 * to the active snapshot.  What it found for the row before stays if it still
 * holds, so this may be asked for every row.
 */
extern void credit_call_site_resolve(CreditCallSite *site,
									 const text *reference);

/* Fills the vector of a resolved site from a row. */
extern void credit_call_site_take_row(CreditCallSite *site,
									  HeapTupleHeader row);

/*
 * Matches columns of these names and types to the features that the model
 * uses.  Refuses names, which may be NULL, that are not one per column.  The
 * site has forgotten them, column_types being NULL, when the model is another.
 */
extern void credit_call_site_bind(CreditCallSite *site, ArrayType *names,
								  const Oid *types, int n);

/*
 * Whether the current user may call function, in whose place the planner put
 * the function columns, which everybody may call.
 */
extern void credit_call_site_check_right(Oid function, Oid columns);

/*
 * The call site of a function, kept in fn_extra and resolved for this call,
 * with the vector of its argument: (row, model, ...), (jsonb, model, ...) or
 * (function, model, names, columns ...).
 */
extern CreditCallSite *credit_call_site_row(FunctionCallInfo fcinfo);
extern CreditCallSite *credit_call_site_jsonb(FunctionCallInfo fcinfo);
extern CreditCallSite *credit_call_site_columns(FunctionCallInfo fcinfo);

#endif							/* CREDIT_CALLSITE_H */
