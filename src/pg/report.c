/*
 * report.c
 *	  The only translator of CrStatus: one primary message, SQLSTATE and hint
 *	  for each, the core's own sentence as the detail.
 */
#include "postgres.h"

#include "report.h"

static int
errdetail_core(const CrError *error)
{
	if (error->offset == CR_NO_OFFSET)
		return errdetail("%s", error->message);
	return errdetail("%s It is at byte " UINT64_FORMAT ".",
					 error->message, error->offset);
}

/* A model file that could not be imported. */
void
credit_report_import(const CrError *error)
{
	switch (error->status)
	{
		case CR_UNSUPPORTED:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("XGBoost model is not supported"),
					 errdetail_core(error)));
			break;
		case CR_LIMIT:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("XGBoost model is too large"),
					 errdetail_core(error)));
			break;
		case CR_INVALID_OPTION:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("import options do not fit the model"),
					 errdetail_core(error),
					 errhint("Correct the options; the documentation describes each.")));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid XGBoost model"),
					 errdetail_core(error),
					 errhint("Pass the bytes that XGBoost's save_model() wrote, JSON or UBJSON.")));
	}
	pg_unreachable();
}

/* An image that does not open; reference is NULL where it has no name. */
void
credit_report_image(const CrError *error, const char *reference)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 reference == NULL ? errmsg("model image is damaged") :
			 errmsg("image of model \"%s\" is damaged", reference),
			 errdetail_core(error),
			 reference == NULL ? 0 :
			 errhint("Check the model with credit.verify_model(), and import its artifact again.")));
}

/* Bytes that are no state of a drift scan, or states that do not add up. */
void
credit_report_drift(const CrError *error)
{
	ereport(ERROR,
			(errcode(error->status == CR_LIMIT ?
					 ERRCODE_PROGRAM_LIMIT_EXCEEDED : ERRCODE_DATA_CORRUPTED),
			 errmsg(error->status == CR_LIMIT ?
					"state of the drift scan is too large" :
					"state of the drift scan is damaged"),
			 errdetail_core(error),
			 error->status == CR_LIMIT ?
			 errhint("Compare fewer rows.") :
			 errhint("Pass what credit.drift_scan() has returned, or call drift_report().")));
}
