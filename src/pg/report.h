/*
 * report.h
 *	  Errors of the core as errors of PostgreSQL.
 */
#ifndef CREDIT_REPORT_H
#define CREDIT_REPORT_H

#include "cr_base.h"

/* Raise; they do not return. */
extern void credit_report_import(const CrError *error) pg_attribute_noreturn();
extern void credit_report_image(const CrError *error) pg_attribute_noreturn();

#endif							/* CREDIT_REPORT_H */
