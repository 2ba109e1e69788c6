/*
 * batch.h
 *	  What the plan of a batch (batch_plan.c) and its execution (batch_scan.c)
 *	  agree upon.
 *
 * The node is a CustomScan named CreditBatch with one child.  Its scan tuple,
 * custom_scan_tlist, has the columns of the child in their order and after
 * them the calls.  custom_exprs has, all in terms of the scan tuple, the list
 * of the arguments of each call, and the lists of the LIMIT and of the OFFSET
 * above, each empty or of one expression.  custom_private has the
 * CreditScoreKind of each call.
 */
#ifndef CREDIT_BATCH_H
#define CREDIT_BATCH_H

#include "nodes/extensible.h"

#define CREDIT_BATCH_NAME	"CreditBatch"

/* A call of credit.score_columns() and so on; see plan.h. */
#define CREDIT_CALL_FUNCTION	0	/* argument numbers */
#define CREDIT_CALL_REFERENCE	1
#define CREDIT_CALL_NAMES		2

/* The setting credit.batch. */
extern bool credit_batch;

extern void credit_batch_init(void);

extern const CustomScanMethods credit_batch_scan_methods;

#endif							/* CREDIT_BATCH_H */
