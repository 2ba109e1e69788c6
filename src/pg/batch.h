/*
 * batch.h
 *	  What the plan of a batch (batch_plan.c) and its execution (batch_scan.c)
 *	  agree upon.
 *
 * The node is a CustomScan named CreditBatch with one child.  Its scan tuple,
 * custom_scan_tlist, has the columns of the child in their order and after
 * them the calls.  custom_exprs has, all in terms of the scan tuple, the list
 * of the arguments of each call, and the lists of the LIMIT and of the OFFSET
 * above, each empty or of one expression.  custom_private has the place of each
 * call's function in credit_batch_functions, an Integer each: others who walk
 * through plans expect nodes there.
 */
#ifndef CREDIT_BATCH_H
#define CREDIT_BATCH_H

#include "nodes/extensible.h"

#include "model.h"

#define CREDIT_BATCH_NAME	"CreditBatch"

/* A call of credit.score_columns() and so on; see plan.h. */
#define CREDIT_CALL_FUNCTION	0	/* argument numbers */
#define CREDIT_CALL_REFERENCE	1
#define CREDIT_CALL_NAMES		2

/*
 * A function that plan.c puts in place of one on rows, for many rows at once.
 * evaluate() takes columns as cr_batch.h has them and leaves size() bytes for
 * the batch, of which result() makes the value of one row.  Only result()
 * raises an error that is due to a row.
 */
typedef struct CreditBatchFunction
{
	const char *name;			/* in the schema credit */
	Size		(*size) (const CreditModel *model);
	void		(*evaluate) (CreditModel *model, const float *columns,
							 uint32 n, void *results);
	Datum		(*result) (const CreditModel *model, const void *results,
						   uint32 row);
} CreditBatchFunction;

/* Ends with NULL. */
extern const CreditBatchFunction *const credit_batch_functions[];

/* The setting credit.batch. */
extern bool credit_batch;

extern void credit_batch_init(void);

extern const CustomScanMethods credit_batch_scan_methods;

#endif							/* CREDIT_BATCH_H */
