/*
 * report.h
 *	  Errors of the core as errors of PostgreSQL.
 */
#ifndef CREDIT_REPORT_H
#define CREDIT_REPORT_H

#include "compat.h"
#include "cr_base.h"

pg_noreturn extern void credit_report_import(const CrError *error);
pg_noreturn extern void credit_report_image(const CrError *error,
											const char *reference);
pg_noreturn extern void credit_report_drift(const CrError *error);

#endif							/* CREDIT_REPORT_H */
