/*
 * arms.h
 *	  Which arm of a split decides about a subject.
 */
#ifndef CREDIT_ARMS_H
#define CREDIT_ARMS_H

/*
 * Where the subject stands in [0, 1): below the challenger's share, the
 * challenger decides.
 */
extern double credit_arm_place(const text *model, const text *salt,
							   const text *subject);

#endif							/* CREDIT_ARMS_H */
