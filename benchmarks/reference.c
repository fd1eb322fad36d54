/* The moons pass by hand: how fast this machine could be. Loss and all 337 gradients of an MLP 2-16-16-1 with relu,
 * hinge loss and L2 penalty, with the points in the lanes of vectors. Parameters stand as in moons.py: neuron after
 * neuron, the weights and then the bias. The gradient of each weight is summed lane by lane, and across at the end.
 * gcc -O3 -march=native -ffast-math -shared -fPIC reference.c -o reference.so
 */

enum { LANES = 8, IN = 2, WIDE = 16, FIRST = (IN + 1) * WIDE, SECOND = (WIDE + 1) * WIDE, COUNT = FIRST + SECOND + WIDE + 1 };

typedef double vector __attribute__((vector_size(LANES * sizeof(double))));
typedef long long mask __attribute__((vector_size(LANES * sizeof(double))));

/* v where the mask says so, and 0 elsewhere */
static inline vector only(mask where, vector v) { return (vector)((mask)v & where); }

static inline double across(vector v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

double moons(const double *p, const double *X, const double *y, long points, double alpha, double *gradient)
{
    const double *second = p + FIRST, *last = second + SECOND;
    vector g[COUNT] = {0}, total = {0};

    for (long start = 0; start < points; start += LANES) {
        vector x[IN] = {0}, label = {0}, h1[WIDE], h2[WIDE], d1[WIDE] = {0}, d2;
        for (int lane = 0; lane < LANES && start + lane < points; lane++) {
            for (int i = 0; i < IN; i++) x[i][lane] = X[(start + lane) * IN + i];
            label[lane] = y[start + lane]; /* 0 in a lane with no point: its margin is constant, its gradient 0 */
        }
        for (int j = 0; j < WIDE; j++) {
            const double *w = p + j * (IN + 1);
            vector sum = x[0] * w[0] + x[1] * w[1] + w[2];
            h1[j] = only(sum > 0, sum);
        }
        vector score = {0};
        for (int j = 0; j < WIDE; j++) {
            const double *w = second + j * (WIDE + 1);
            vector even = h1[0] * w[0] + w[WIDE], odd = h1[1] * w[1];
            for (int i = 2; i < WIDE; i += 2) {
                even += h1[i] * w[i];
                odd += h1[i + 1] * w[i + 1];
            }
            vector sum = even + odd;
            h2[j] = only(sum > 0, sum);
            score += h2[j] * last[j];
        }
        score += last[WIDE];
        vector margin = 1.0 - label * score;
        mask active = (margin > 0) & (label != 0);
        total += only(active, margin);

        vector d = only(active, -label / (double)points);
        vector *g2 = g + FIRST, *g3 = g2 + SECOND;
        g3[WIDE] += d;
        for (int j = 0; j < WIDE; j++) {
            const double *w = second + j * (WIDE + 1);
            g3[j] += d * h2[j];
            d2 = only(h2[j] > 0, d * last[j]);
            vector *row = g2 + j * (WIDE + 1);
            row[WIDE] += d2;
            for (int i = 0; i < WIDE; i++) {
                row[i] += d2 * h1[i];
                d1[i] += d2 * w[i];
            }
        }
        for (int i = 0; i < WIDE; i++) {
            vector d0 = only(h1[i] > 0, d1[i]), *row = g + i * (IN + 1);
            row[0] += d0 * x[0];
            row[1] += d0 * x[1];
            row[2] += d0;
        }
    }

    double penalty = 0;
    for (int k = 0; k < COUNT; k++) {
        penalty += p[k] * p[k];
        gradient[k] = across(g[k]) + 2 * alpha * p[k];
    }
    return across(total) / points + alpha * penalty;
}
