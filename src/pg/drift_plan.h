/*
 * drift_plan.h
 *	  What the plan of a drift scan (drift_plan.c), its execution (drift_node.c)
 *	  and the aggregate that it stands for (drift_scan.c) agree upon.
 *
 * The node is a CustomScan named CreditDrift with one child.  Its scan tuple,
 * custom_scan_tlist, has the columns of the child in their order and after
 * them the aggregates, which alone are ever filled.  custom_exprs has, in terms
 * of the scan tuple, a list for each of them: its arguments.  custom_private is
 * empty.
 */
#ifndef CREDIT_DRIFT_PLAN_H
#define CREDIT_DRIFT_PLAN_H

#include "fmgr.h"
#include "nodes/extensible.h"

#define CREDIT_DRIFT_NAME	"CreditDrift"

extern void credit_drift_init(void);

extern const CustomScanMethods credit_drift_scan_methods;

/* The transition function of credit.drift_scan(). */
extern Datum credit_drift_add(PG_FUNCTION_ARGS);

#endif							/* CREDIT_DRIFT_PLAN_H */
