/*
 * model_cache.h
 *	  Opened models, kept by the backend.
 */
#ifndef CREDIT_MODEL_CACHE_H
#define CREDIT_MODEL_CACHE_H

#include "model.h"

/*
 * The model of a version, loaded if need be.  It stays where it is until user
 * is reset or deleted, also if the cache drops it meanwhile.
 */
extern CreditModel *credit_cache_get(int64 model_version_id,
									 MemoryContext user);

#endif							/* CREDIT_MODEL_CACHE_H */
