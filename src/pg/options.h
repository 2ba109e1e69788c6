/*
 * options.h
 *	  The options of credit.import_model() that shape an image.
 */
#ifndef CREDIT_OPTIONS_H
#define CREDIT_OPTIONS_H

#include "utils/jsonb.h"

#include "cr_import.h"

/* Allocates in the current memory context; strings are UTF-8. */
extern void credit_options_parse(Jsonb *object, CrImportOptions *options);

#endif							/* CREDIT_OPTIONS_H */
