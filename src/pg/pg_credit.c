/*
 * pg_credit.c
 *	  The module: magic block and settings.
 *
 * Nothing here needs shared_preload_libraries: the library is loaded by the
 * first call of one of its functions.  No setting changes a score, except
 * that credit.default_model says which model is meant when none is named, and
 * none changes a reason but for the language of its text.
 */
#include "postgres.h"

#include <limits.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/guc.h"
#include "utils/plancache.h"

#include "batch.h"
#include "compat.h"
#include "cr_batch.h"
#include "drift_plan.h"
#include "pg_credit.h"

#define MIN_CACHE_KB		64
#define DEFAULT_CACHE_KB	(64 * 1024)

#if PG_VERSION_NUM >= 180000
PG_MODULE_MAGIC_EXT(.name = "pg_credit");
#else
PG_MODULE_MAGIC;
#endif

char	   *credit_default_model;
char	   *credit_language;
int			credit_model_cache_size;
const CrKernel *credit_kernel;

static char *simd;

void		_PG_init(void);

/*
 * A plan that was made for the default model holds its columns.  The variable
 * still has the old value here, and none while the library is being loaded.
 */
static void
assign_default_model(const char *value, void *extra)
{
	if (credit_default_model != NULL &&
		strcmp(credit_default_model, value) != 0)
		ResetPlanCache();
}

/* The kernel of that name, if it runs on this CPU; the fastest for "auto". */
static const CrKernel *
find_kernel(const char *name)
{
	const CrKernel *kernel = cr_kernels;

	if (strcmp(name, "auto") == 0)
		return cr_kernel_choose();
	while (kernel->name != NULL && strcmp(kernel->name, name) != 0)
		kernel++;
	return kernel->name != NULL && kernel->runs() ? kernel : NULL;
}

static bool
check_simd(char **value, void **extra, GucSource source)
{
	StringInfoData names;

	if (find_kernel(*value) != NULL)
		return true;
	initStringInfo(&names);
	for (const CrKernel *kernel = cr_kernels; kernel->name != NULL; kernel++)
		if (kernel->runs())
			appendStringInfo(&names, ", %s", kernel->name);
	GUC_check_errhint("On this CPU there are: auto%s.", names.data);
	return false;
}

static void
assign_simd(const char *value, void *extra)
{
	credit_kernel = find_kernel(value);
}

/* Settings in alphabetical order. */
void
_PG_init(void)
{
	DefineCustomBoolVariable("credit.batch",
							 "Lets plans evaluate models for many rows at once and scan for drift faster.",
							 "Applies to statements that are planned from then on. "
							 "The results are the same.",
							 &credit_batch,
							 true,
							 PGC_USERSET,
							 GUC_EXPLAIN,
							 NULL, NULL, NULL);

	DefineCustomStringVariable("credit.default_model",
							   "Sets the model that is used where none is named.",
							   "A model reference: name, name@alias or name@version. "
							   "Empty means the only model there is.",
							   &credit_default_model,
							   "",
							   PGC_USERSET,
							   0,
							   NULL, assign_default_model, NULL);

	DefineCustomStringVariable("credit.language",
							   "Sets the language of the texts of reasons.",
							   "A language that the version has translations for, such as de or pt-BR. "
							   "Empty, or one that it does not have, means the version's own. "
							   "Which reasons there are does not depend on it.",
							   &credit_language,
							   "",
							   PGC_USERSET,
							   0,
							   NULL, NULL, NULL);

	DefineCustomIntVariable("credit.model_cache_size",
							"Sets how much memory a session keeps for model images.",
							"The least recently used images are dropped first. "
							"Those in use by a running statement stay, whatever their size.",
							&credit_model_cache_size,
							DEFAULT_CACHE_KB, MIN_CACHE_KB, MAX_KILOBYTES,
							PGC_USERSET,
							GUC_UNIT_KB,
							NULL, NULL, NULL);

	DefineCustomStringVariable("credit.simd",
							   "Chooses the vector instructions that models are evaluated with.",
							   "For tests: every choice gives the same scores. "
							   "auto takes the fastest that the CPU has.",
							   &simd,
							   "auto",
							   PGC_USERSET,
							   GUC_NOT_IN_SAMPLE,
							   check_simd, assign_simd, NULL);

	MarkGUCPrefixReserved("credit");

	credit_batch_init();
	credit_drift_init();
}
