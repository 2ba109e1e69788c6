/*
 * child.c
 *	  The child of a custom node: how it is planned, and its rows read.
 *
 * Who reads a whole table spends much of the time on taking its tuples apart.
 * PostgreSQL's slots do that for any tuple and any reader; they keep state so
 * as to go on from any column, and ask the catalog's description of each.  Here
 * tuples are read once, from the first column to the last one wanted, by
 * a description of four bytes a column: in half the time.  It applies to
 * tuples as a table of the heap access method has them; slots of another kind,
 * and tuples from before a column was added, are left to PostgreSQL.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tupmacs.h"
#include "nodes/makefuncs.h"
#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"

#include "child.h"
#include "compat.h"
#include "cr_base.h"

#define TUPLES_AHEAD	3		/* measured */
#define MAX_ASKED		256		/* bytes of a tuple */
#define CACHE_LINE		64

/* -------- the plan -------- */

/*
 * Lets a scan hand up tuples as they are, where it would only have picked
 * columns.
 */
static void
give_tuples(PlannerInfo *root, Plan *child)
{
	Index		relid;
	List	   *tlist;
	ListCell   *cell;

	if (!IsA(child, SeqScan) && !IsA(child, IndexScan) &&
		!IsA(child, BitmapHeapScan))
		return;
	relid = ((Scan *) child)->scanrelid;
	foreach(cell, child->targetlist)
	{
		Var		   *column = (Var *) ((TargetEntry *) lfirst(cell))->expr;

		if (!IsA(column, Var) || (Index) column->varno != relid ||
			column->varattno <= 0)
			return;
	}
	tlist = build_physical_tlist(root, find_base_rel(root, relid));
	if (tlist != NIL)
		child->targetlist = tlist;
}

static List *
make_scan_tlist(const Plan *child, List *computed)
{
	List	   *tlist = NIL;
	ListCell   *cell;

	foreach(cell, child->targetlist)
	{
		TargetEntry *entry = lfirst(cell);

		tlist = lappend(tlist, makeTargetEntry(copyObject(entry->expr),
											   list_length(tlist) + 1,
											   NULL, false));
	}
	foreach(cell, computed)
		tlist = lappend(tlist, makeTargetEntry(copyObject(lfirst(cell)),
											   list_length(tlist) + 1,
											   NULL, false));
	return tlist;
}

CustomScan *
credit_child_plan(PlannerInfo *root, const CustomPath *path, List *tlist,
				  List *plans, List *computed,
				  const CustomScanMethods *methods)
{
	CustomScan *scan = makeNode(CustomScan);

	give_tuples(root, linitial(plans));
	scan->scan.plan.targetlist = tlist;
	scan->flags = path->flags;
	scan->custom_plans = plans;
	scan->custom_scan_tlist = make_scan_tlist(linitial(plans), computed);
	scan->methods = methods;
	return scan;
}

/* -------- the rows -------- */

void
credit_child_open(CreditChildReader *reader, int n)
{
	*reader = (CreditChildReader) {
		.n = n,
		.attributes = palloc(sizeof(CreditAttribute) * n),
		.own_values = palloc0(sizeof(Datum) * n),
		.own_nulls = palloc(sizeof(bool) * n),
	};
}

static uint8
alignment_of(char alignment)
{
	switch (alignment)
	{
		case TYPALIGN_CHAR:
			return sizeof(char);
		case TYPALIGN_SHORT:
			return ALIGNOF_SHORT;
		case TYPALIGN_INT:
			return ALIGNOF_INT;
		default:
			return ALIGNOF_DOUBLE;
	}
}

static void
describe(CreditChildReader *reader, TupleDesc descriptor)
{
	for (int i = 0; i < reader->n; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		reader->attributes[i] = (CreditAttribute) {
			attribute->attlen, alignment_of(attribute->attalign),
			attribute->attbyval
		};
	}
	reader->descriptor = descriptor;
}

/* As heap_deform_tuple() does; see heaptuple.c for the layout. */
static void
take_apart(CreditChildReader *reader, HeapTupleHeader header)
{
	const char *data = (const char *) header + header->t_hoff;
	const bits8 *present = header->t_infomask & HEAP_HASNULL ?
		header->t_bits : NULL;
	const CreditAttribute *attributes = reader->attributes;
	Size		offset = 0;
	Datum	   *values = reader->own_values;
	bool	   *nulls = reader->own_nulls;
	int			n = reader->n;

	for (int i = 0; i < n; i++)
	{
		CreditAttribute attribute = attributes[i];
		bool		is_null = present != NULL && att_isnull(i, present);

		nulls[i] = is_null;
		if (is_null)
			continue;
		/* A short varlena has no alignment, and what pads is 0. */
		if (attribute.length != -1 || !VARATT_NOT_PAD_BYTE(data + offset))
			offset = TYPEALIGN(attribute.alignment, offset);
		values[i] = fetch_att(data + offset, attribute.by_value,
							  attribute.length);
		offset = att_addlength_pointer(offset, attribute.length,
									   data + offset);
	}
}

/*
 * A page has its tuples one below the other, as they came: the next ones are
 * asked for before they are read.  Where they are not there, nothing is lost.
 */
static inline void
ask_for_next(HeapTuple tuple)
{
	uintptr_t	next = (uintptr_t) tuple->t_data -
		(uintptr_t) MAXALIGN(tuple->t_len) * TUPLES_AHEAD;
	uint32		n = Min(tuple->t_len, MAX_ASKED);

	for (uint32 i = 0; i < n; i += CACHE_LINE)
		CR_PREFETCH((const char *) (next + i));
}

/* What values point to is in the slot. */
void
credit_child_read(CreditChildReader *reader, TupleTableSlot *slot)
{
	HeapTuple	tuple = TTS_IS_BUFFERTUPLE(slot) || TTS_IS_HEAPTUPLE(slot) ?
		((HeapTupleTableSlot *) slot)->tuple : NULL;

	if (tuple == NULL || slot->tts_nvalid >= reader->n ||
		HeapTupleHeaderGetNatts(tuple->t_data) < reader->n)
	{
		slot_getsomeattrs(slot, reader->n);
		reader->values = slot->tts_values;
		reader->nulls = slot->tts_isnull;
		return;
	}
	if (reader->descriptor != slot->tts_tupleDescriptor)
		describe(reader, slot->tts_tupleDescriptor);
	ask_for_next(tuple);
	take_apart(reader, tuple->t_data);
	reader->values = reader->own_values;
	reader->nulls = reader->own_nulls;
}
