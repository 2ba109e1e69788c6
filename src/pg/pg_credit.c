/*
 * pg_credit.c
 *	  The module: magic block and settings.
 *
 * Nothing here needs shared_preload_libraries: the library is loaded by the
 * first call of one of its functions.  No setting changes a score, except
 * that credit.default_model says which model is meant when none is named.
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "utils/guc.h"
#include "utils/plancache.h"

#include "compat.h"
#include "pg_credit.h"

#define MIN_CACHE_KB		64
#define DEFAULT_CACHE_KB	(64 * 1024)

#if PG_VERSION_NUM >= 180000
PG_MODULE_MAGIC_EXT(.name = "pg_credit");
#else
PG_MODULE_MAGIC;
#endif

char	   *credit_default_model;
int			credit_model_cache_size;

void		_PG_init(void);

/* A plan that was made for the default model holds its columns. */
static void
assign_default_model(const char *value, void *extra)
{
	ResetPlanCache();
}

/* Settings in alphabetical order. */
void
_PG_init(void)
{
	DefineCustomStringVariable("credit.default_model",
							   "Sets the model that is used where none is named.",
							   "A model reference: name, name@alias or name@version. "
							   "Empty means the only model there is.",
							   &credit_default_model,
							   "",
							   PGC_USERSET,
							   0,
							   NULL, assign_default_model, NULL);

	DefineCustomIntVariable("credit.model_cache_size",
							"Sets how much memory a session keeps for model images.",
							"The least recently used images are dropped first. "
							"Those in use by a running statement stay, whatever their size.",
							&credit_model_cache_size,
							DEFAULT_CACHE_KB, MIN_CACHE_KB, MAX_KILOBYTES,
							PGC_USERSET,
							GUC_UNIT_KB,
							NULL, NULL, NULL);

	MarkGUCPrefixReserved("credit");
}
