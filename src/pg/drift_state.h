/*
 * drift_state.h
 *	  What a drift scan has counted so far.
 */
#ifndef CREDIT_DRIFT_STATE_H
#define CREDIT_DRIFT_STATE_H

#include <math.h>

#include "cr_drift.h"

/*
 * Counts for every feature; and, where rows arrive, the last few rows, buffers
 * of values on their way into the counts and the references to look them up
 * in.  All of it is in the memory context that was the current one when the
 * state began.
 */
typedef struct CreditDriftState
{
	CrDriftState counts;
	int			n_columns;		/* 0: no rows arrive here */
	struct CreditDriftColumn *columns;
	bool	   *plain;			/* of each column: double precision, a number */
	uint32		n_rows;
	double	   *rows;			/* CR_DRIFT_BLOCK, row by row; NaN: missing */
	double	   *row;			/* of them, the next */
} CreditDriftState;

/* No row yet: columns of these types, each with its reference of the source. */
extern CreditDriftState *credit_drift_begin(NullableDatum source,
											const Oid *types, int n);

/*
 * A row, whose columns are at these places of the arrays; or credit_drift_set()
 * for each column, then credit_drift_next().
 */
extern void credit_drift_take(CreditDriftState *state, const int *places,
							  const Datum *values, const bool *nulls);
extern void credit_drift_set_any(CreditDriftState *state, int column,
								 Datum value, bool isnull);
extern void credit_drift_next(CreditDriftState *state);

/* As bytes; a new one from them, which takes no rows; and added to such a one. */
extern bytea *credit_drift_bytes(CreditDriftState *state);
extern CreditDriftState *credit_drift_read(const bytea *bytes);
extern void credit_drift_merge(CreditDriftState *state, const bytea *bytes);

/* Without a call for the commonest case: this runs for every value. */
static inline void
credit_drift_set(CreditDriftState *state, int column, Datum value, bool isnull)
{
	double		number = DatumGetFloat8(value);

	if (state->plain[column])
		state->row[column] = isnull ? NAN : number;
	else
		credit_drift_set_any(state, column, value, isnull);
}

#endif							/* CREDIT_DRIFT_STATE_H */
