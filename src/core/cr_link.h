/*
 * cr_link.h
 *	  margin -> probability of default -> scorecard points.
 *
 * points = offset - factor * m, where m is the margin (log-odds) of bad,
 * factor = pdo / ln 2 and offset = base_score - factor * ln(base_odds), odds
 * being good : bad.  Then ln(good : bad) = -m, so an applicant whose odds are
 * base_odds gets base_score, and each pdo points more double the odds.
 * Source: Siddiqi, Credit Risk Scorecards (Wiley, 2006), chapter 6, "scaling".
 */
#ifndef CR_LINK_H
#define CR_LINK_H

#include "cr_forest.h"

extern CrStatus cr_scaling_init(CrScaling *scaling, double base_score,
								double base_odds, double pdo,
								double min, double max, CrError *error);
extern bool cr_scaling_check(const CrScaling *scaling);

extern float cr_link_base_margin(CrObjective objective, float base_score);
extern float cr_link_bad_margin(const CrForest *forest, float margin);
extern float cr_link_pd(float bad_margin);
extern double cr_link_points(const CrScaling *scaling, float bad_margin);
extern double cr_link_part_points(const CrForest *forest, double part);

#endif							/* CR_LINK_H */
