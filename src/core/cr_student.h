/*
 * cr_student.h
 *	  Both tails of Student's t distribution.
 */
#ifndef CR_STUDENT_H
#define CR_STUDENT_H

extern double cr_student_tails(double t, double df);

#endif							/* CR_STUDENT_H */
