/*
 * link.c
 *	  Proves that points have the sign and scale that cr_link.h says, are
 *	  rounded half to even and clamped, that probabilities are XGBoost's, and
 *	  that the base score becomes the right margin.
 */
#include "random.h"
#include "tap.h"

static CrScaling
scaling(double base_score, double base_odds, double pdo, double min,
		double max)
{
	CrScaling	result;
	CrError		error;

	if (cr_scaling_init(&result, base_score, base_odds, pdo, min, max,
						&error) != CR_OK)
		ok(false, "%s", error.message);
	return result;
}

/* The margin of bad at odds good : bad. */
static float
margin_at(double odds)
{
	return (float) -log(odds);
}

static void
test_points(void)
{
	CrScaling	s = scaling(600, 50, 20, -INFINITY, INFINITY);

	ok(cr_link_points(&s, margin_at(50)) == 600, "600 points at 50 : 1");
	ok(cr_link_points(&s, margin_at(100)) == 620, "620 points at 100 : 1");
	ok(cr_link_points(&s, margin_at(25)) == 580, "580 points at 25 : 1");
	ok(cr_link_points(&s, margin_at(200)) == 640, "640 points at 200 : 1");
	ok(cr_link_points(&s, 0) == 487, "487 points at even odds");
	ok(cr_link_points(&s, 1) < cr_link_points(&s, 0),
	   "a higher margin of bad means fewer points");
	ok(fabs(s.factor - 28.853900817779268) < 1e-12, "factor = pdo / ln 2");
	ok(fabs(s.offset - 487.12287620450516) < 1e-9,
	   "offset = base_score - factor * ln(base_odds): %.12f", s.offset);
	s = scaling(1000, 1, 50, -INFINITY, INFINITY);
	ok(cr_link_points(&s, 0) == 1000 && cr_link_points(&s, margin_at(2)) == 1050,
	   "another scale");
}

static void
test_rounding(void)
{
	CrScaling	s = scaling(0, 1, 20, -INFINITY, INFINITY);

	s.factor = 1;
	s.offset = 0;
	ok(cr_link_points(&s, -0.5f) == 0, "0.5 points are 0");
	ok(cr_link_points(&s, -1.5f) == 2, "1.5 points are 2");
	ok(cr_link_points(&s, -2.5f) == 2, "2.5 points are 2");
	ok(cr_link_points(&s, 2.5f) == -2, "-2.5 points are -2");
	ok(cr_link_points(&s, 3.5f) == -4, "-3.5 points are -4");
	ok(cr_link_points(&s, -2.50001f) == 3, "a little more than 2.5 is 3");
}

static void
test_clamps(void)
{
	CrScaling	s = scaling(600, 50, 20, 300, 850);

	ok(cr_link_points(&s, 1e6f) == 300, "the floor");
	ok(cr_link_points(&s, -1e6f) == 850, "the ceiling");
	ok(cr_link_points(&s, margin_at(50)) == 600, "between them");
	ok(cr_link_points(&s, 1e38f) == 300 && cr_link_points(&s, -1e38f) == 850,
	   "extreme margins");
	s = scaling(600, 50, 20, 300, INFINITY);
	ok(cr_link_points(&s, 1e6f) == 300 && cr_link_points(&s, -1e6f) > 1e6,
	   "a floor only");
	s = scaling(600, 50, 20, -INFINITY, 850);
	ok(cr_link_points(&s, -1e6f) == 850 && cr_link_points(&s, 1e6f) < -1e6,
	   "a ceiling only");
	s = scaling(600, 50, 20, -INFINITY, INFINITY);
	ok(isfinite(cr_link_points(&s, 3e38f)) &&
	   isfinite(cr_link_points(&s, -3e38f)), "no overflow without limits");
}

static void
test_bad_scaling(void)
{
	static const double bad[][5] = {
		{NAN, 50, 20, 0, 1}, {INFINITY, 50, 20, 0, 1}, {600, 0, 20, 0, 1},
		{600, -50, 20, 0, 1}, {600, NAN, 20, 0, 1}, {600, INFINITY, 20, 0, 1},
		{600, 50, 0, 0, 1}, {600, 50, -20, 0, 1}, {600, 50, NAN, 0, 1},
		{600, 50, INFINITY, 0, 1}, {600, 50, 20, 1, 1}, {600, 50, 20, 2, 1},
		{600, 50, 20, NAN, 1}, {600, 50, 20, 0, NAN},
		{600, 50, 1e308, 0, 1},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		CrScaling	s;
		CrError		error = {.message = ""};

		ok(cr_scaling_init(&s, bad[i][0], bad[i][1], bad[i][2], bad[i][3],
						   bad[i][4], &error) == CR_INVALID_OPTION &&
		   strstr(error.message, "base_odds > 0") != NULL &&
		   !cr_scaling_check(&s), "scaling %zu is refused", i);
	}
}

static void
test_scaling_check(void)
{
	CrScaling	s = scaling(600, 50, 20, -INFINITY, INFINITY);
	CrScaling	t = s;

	ok(cr_scaling_check(&s), "a good scaling");
	t.offset = NAN;
	ok(!cr_scaling_check(&t), "an offset that is not a number");
	t = s;
	t.factor = -1;
	ok(!cr_scaling_check(&t), "a negative factor");
	t.factor = INFINITY;
	ok(!cr_scaling_check(&t), "an infinite factor");
}

static void
test_base_margin(void)
{
	ok(cr_link_base_margin(CR_BINARY_LOGISTIC, 0.5f) == 0, "0.5 is even odds");
	ok(cr_link_base_margin(CR_BINARY_LOGISTIC, 0.2f) ==
	   -logf(1.0f / 0.2f - 1.0f) &&
	   fabsf(cr_link_base_margin(CR_REG_LOGISTIC, 0.2f) + 1.3862944f) < 1e-6f,
	   "0.2 is 1 : 4");
	ok(cr_link_base_margin(CR_BINARY_LOGISTIC, 0.9f) > 2, "0.9 is positive");
	ok(cr_link_base_margin(CR_BINARY_LOGITRAW, -3.5f) == -3.5f,
	   "logitraw keeps what it is given");
	ok(!isfinite(cr_link_base_margin(CR_BINARY_LOGISTIC, 0)) &&
	   !isfinite(cr_link_base_margin(CR_BINARY_LOGISTIC, 1)) &&
	   !isfinite(cr_link_base_margin(CR_BINARY_LOGISTIC, 1.5f)) &&
	   !isfinite(cr_link_base_margin(CR_BINARY_LOGISTIC, -0.5f)) &&
	   !isfinite(cr_link_base_margin(CR_REG_LOGISTIC, NAN)),
	   "no margin for what is no probability");
}

static void
test_pd(void)
{
	Random		random = {.state = 3};
	float		worst = 0;

	ok(cr_link_pd(0) == 0.5f, "even odds are 0.5");
	ok(fabsf(cr_link_pd(margin_at(50)) - 1.0f / 51) < 1e-8f,
	   "1 / 51 at 50 : 1");
	ok(cr_link_pd(1e30f) == 1.0f && cr_link_pd(INFINITY) == 1.0f,
	   "a huge margin is certain");
	ok(cr_link_pd(-1e30f) > 0 && cr_link_pd(-INFINITY) > 0 &&
	   cr_link_pd(-88.7f) == cr_link_pd(-1e30f), "no probability is zero");
	for (int i = 0; i < 100000; i++)
	{
		float		margin = 10 * random_float(&random);
		double		exact = 1 / (1 + exp(-(double) margin));

		worst = fmaxf(worst, (float) (fabs(cr_link_pd(margin) - exact) / exact));
	}
	ok(worst < 4e-7f, "within 4e-7 of the exact value: %g", worst);
}

static void
test_positive(void)
{
	CrImageHeader header = {.positive = CR_POSITIVE_BAD};
	CrForest	forest = {.header = &header};

	ok(cr_link_bad_margin(&forest, 1.5f) == 1.5f, "positive is bad");
	header.positive = CR_POSITIVE_GOOD;
	ok(cr_link_bad_margin(&forest, 1.5f) == -1.5f, "positive is good");
}

/* The parts of a margin and the offset add up to the points. */
static void
test_parts(void)
{
	CrImageHeader header = {.positive = CR_POSITIVE_BAD};
	CrForest	forest = {.header = &header};
	CrError		error;

	cr_scaling_init(&header.scaling, 600, 50, 20, -(double) INFINITY,
					(double) INFINITY, &error);
	ok(rint(header.scaling.offset + cr_link_part_points(&forest, 1.25) +
			cr_link_part_points(&forest, -3)) ==
	   cr_link_points(&header.scaling, -1.75f), "parts of a margin of bad");
	ok(cr_link_part_points(&forest, 1) == -header.scaling.factor &&
	   !signbit(cr_link_part_points(&forest, 0)), "what is bad costs points");
	header.positive = CR_POSITIVE_GOOD;
	ok(cr_link_part_points(&forest, 1) == header.scaling.factor,
	   "what is good brings them");
}

int
main(void)
{
	test_points();
	test_rounding();
	test_clamps();
	test_bad_scaling();
	test_scaling_check();
	test_base_margin();
	test_pd();
	test_positive();
	test_parts();
	return done_testing();
}
