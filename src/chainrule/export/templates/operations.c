// function: dot
/* Eight partial sums: as exact as a BLAS, and what a compiler can vectorize. */
static inline float PREFIX_dot(const float *a, const float *b, int n) {
    float s[8] = {0.0f};
    int i = 0, k;
    for (; i + 8 <= n; i += 8)
        for (k = 0; k < 8; k++) s[k] += a[i + k] * b[i + k];
    for (k = 0; k < 8 && i < n; i++, k++) s[k] += a[i] * b[i];
    return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}
// function: dense
/* kernel: a row for each unit. rows: 1, or the positions that the layer works on one by one. */
static inline void PREFIX_dense(const float *x, float *y, const float *kernel, const float *bias, int rows, int inputs, int units) {
    int r, j;
    for (r = 0; r < rows; r++)
        for (j = 0; j < units; j++)
            y[r * units + j] = PREFIX_dot(x + r * inputs, kernel + (long)j * inputs, inputs) + (bias ? bias[j] : 0.0f);
}
// function: window
/* Where a window lies: input rows, columns, channels; output rows, columns; window, strides, zeros before, dilation. */
typedef struct {
    int rows, columns, channels, out_rows, out_columns, height, width, down, right, top, left, step_down, step_right;
} PREFIX_window;
// function: conv2d
/* kernel: (filters, height, width, channels). */
static inline void PREFIX_conv2d(const float *x, float *y, const float *kernel, const float *bias, int filters, PREFIX_window w) {
    int r, c, f, i, j;
    for (r = 0; r < w.out_rows; r++)
        for (c = 0; c < w.out_columns; c++)
            for (f = 0; f < filters; f++) {
                float sum = bias ? bias[f] : 0.0f;
                for (i = 0; i < w.height; i++) {
                    const int row = r * w.down + i * w.step_down - w.top, column = c * w.right - w.left;
                    const float *some = kernel + (long)((f * w.height + i) * w.width) * w.channels;
                    if (row < 0 || row >= w.rows) continue;
                    if (w.step_right == 1) { /* the window's row lies in one piece */
                        const int first = column < 0 ? -column : 0;
                        const int stop = column + w.width > w.columns ? w.columns - column : w.width;
                        if (stop > first)
                            sum += PREFIX_dot(x + (row * w.columns + column + first) * w.channels, some + first * w.channels,
                                              (stop - first) * w.channels);
                    } else {
                        for (j = 0; j < w.width; j++) {
                            const int at = column + j * w.step_right;
                            if (at >= 0 && at < w.columns)
                                sum += PREFIX_dot(x + (row * w.columns + at) * w.channels, some + j * w.channels, w.channels);
                        }
                    }
                }
                y[(r * w.out_columns + c) * filters + f] = sum;
            }
}
// function: max_pool2d
static inline void PREFIX_max_pool2d(const float *x, float *y, PREFIX_window w) {
    int r, c, k, i, j;
    for (r = 0; r < w.out_rows; r++)
        for (c = 0; c < w.out_columns; c++)
            for (k = 0; k < w.channels; k++) {
                float best = -3.402823466e+38f;
                for (i = 0; i < w.height; i++)
                    for (j = 0; j < w.width; j++) {
                        const int row = r * w.down + i - w.top, column = c * w.right + j - w.left;
                        if (row >= 0 && row < w.rows && column >= 0 && column < w.columns) {
                            const float v = x[(row * w.columns + column) * w.channels + k];
                            if (v > best) best = v;
                        }
                    }
                y[(r * w.out_columns + c) * w.channels + k] = best;
            }
}
// function: average_pool2d
static inline void PREFIX_average_pool2d(const float *x, float *y, PREFIX_window w) {
    int r, c, k, i, j;
    for (r = 0; r < w.out_rows; r++)
        for (c = 0; c < w.out_columns; c++)
            for (k = 0; k < w.channels; k++) {
                float sum = 0.0f;
                int count = 0;
                for (i = 0; i < w.height; i++)
                    for (j = 0; j < w.width; j++) {
                        const int row = r * w.down + i - w.top, column = c * w.right + j - w.left;
                        if (row >= 0 && row < w.rows && column >= 0 && column < w.columns) {
                            sum += x[(row * w.columns + column) * w.channels + k];
                            count++;
                        }
                    }
                y[(r * w.out_columns + c) * w.channels + k] = sum / (float)count;
            }
}
// function: global_average_pool2d
static inline void PREFIX_global_average_pool2d(const float *x, float *y, int positions, int channels) {
    int p, k;
    for (k = 0; k < channels; k++) y[k] = 0.0f;
    for (p = 0; p < positions; p++)
        for (k = 0; k < channels; k++) y[k] += x[p * channels + k];
    for (k = 0; k < channels; k++) y[k] /= (float)positions;
}
// function: global_max_pool2d
static inline void PREFIX_global_max_pool2d(const float *x, float *y, int positions, int channels) {
    int p, k;
    for (k = 0; k < channels; k++) y[k] = x[k];
    for (p = 1; p < positions; p++)
        for (k = 0; k < channels; k++)
            if (x[p * channels + k] > y[k]) y[k] = x[p * channels + k];
}
// function: zero_padding2d
static inline void PREFIX_zero_padding2d(const float *x, float *y, int rows, int columns, int channels, int top, int left, int out_rows, int out_columns) {
    int r, c, k;
    for (r = 0; r < out_rows; r++)
        for (c = 0; c < out_columns; c++)
            for (k = 0; k < channels; k++) {
                const int row = r - top, column = c - left;
                const int inside = row >= 0 && row < rows && column >= 0 && column < columns;
                y[(r * out_columns + c) * channels + k] = inside ? x[(row * columns + column) * channels + k] : 0.0f;
            }
}
// function: scale_shift
/* period: 1 for one factor, or the number of channels. */
static inline void PREFIX_scale_shift(float *x, int n, const float *scale, const float *shift, int period) {
    int i;
    for (i = 0; i < n; i++) x[i] = x[i] * scale[i % period] + shift[i % period];
}
// function: relu
static inline void PREFIX_relu(float *x, int n) {
    int i;
    for (i = 0; i < n; i++)
        if (!(x[i] > 0.0f)) x[i] = 0.0f;
}
// function: leaky_relu
static inline void PREFIX_leaky_relu(float *x, int n, float slope) {
    int i;
    for (i = 0; i < n; i++)
        if (x[i] < 0.0f) x[i] *= slope;
}
// function: sigmoid
static inline void PREFIX_sigmoid(float *x, int n) {
    int i;
    for (i = 0; i < n; i++) {
        const float e = expf(x[i] < 0.0f ? x[i] : -x[i]);
        x[i] = x[i] < 0.0f ? e / (1.0f + e) : 1.0f / (1.0f + e);
    }
}
// function: tanh
static inline void PREFIX_tanh(float *x, int n) {
    int i;
    for (i = 0; i < n; i++) x[i] = tanhf(x[i]);
}
// function: softmax
static inline void PREFIX_softmax(float *x, int n, int classes) {
    int r, k;
    for (r = 0; r + classes <= n; r += classes) {
        float most = x[r], sum = 0.0f;
        for (k = 1; k < classes; k++)
            if (x[r + k] > most) most = x[r + k];
        for (k = 0; k < classes; k++) {
            x[r + k] = expf(x[r + k] - most);
            sum += x[r + k];
        }
        for (k = 0; k < classes; k++) x[r + k] /= sum;
    }
}
// function: copy
static inline void PREFIX_copy(const float *x, float *y, int n) {
    int i;
    for (i = 0; i < n; i++) y[i] = x[i];
}
// function: quantize
/* Numbers to bytes: the nearest multiple of 1 / inverse, from the byte that stands for 0, and from 0 to 255. */
static inline void PREFIX_quantize(const float *x, uint8_t *q, int n, float inverse, int zero) {
    int i;
    for (i = 0; i < n; i++) {
        const float v = x[i] * inverse + ((float)zero + 0.5f);
        q[i] = (uint8_t)(v > 255.0f ? 255.0f : v > 0.0f ? v : 0.0f);
    }
}
// function: dense_int8
/* kernel: a row of bytes for each unit; scale: what a unit's sum is multiplied with; zero: the byte that stands for 0. */
static inline void PREFIX_dense_int8(const uint8_t *x, float *y, const int8_t *kernel, const float *scale, const float *bias, int zero, int rows, int inputs, int units) {
    int r, j, i;
    for (r = 0; r < rows; r++)
        for (j = 0; j < units; j++) {
            const int8_t *w = kernel + (long)j * inputs;
            int32_t sum = 0;
            for (i = 0; i < inputs; i++) sum += ((int32_t)x[r * inputs + i] - zero) * w[i];
            y[r * units + j] = (float)sum * scale[j] + (bias ? bias[j] : 0.0f);
        }
}
// function: conv2d_int8
/* kernel: (filters, height, width, channels). */
static inline void PREFIX_conv2d_int8(const uint8_t *x, float *y, const int8_t *kernel, const float *scale, const float *bias, int zero, int filters, PREFIX_window w) {
    int r, c, f, i, j, k;
    for (r = 0; r < w.out_rows; r++)
        for (c = 0; c < w.out_columns; c++)
            for (f = 0; f < filters; f++) {
                int32_t sum = 0;
                for (i = 0; i < w.height; i++)
                    for (j = 0; j < w.width; j++) {
                        const int row = r * w.down + i * w.step_down - w.top, column = c * w.right + j * w.step_right - w.left;
                        if (row >= 0 && row < w.rows && column >= 0 && column < w.columns) {
                            const uint8_t *seen = x + (row * w.columns + column) * w.channels;
                            const int8_t *some = kernel + (long)((f * w.height + i) * w.width + j) * w.channels;
                            for (k = 0; k < w.channels; k++) sum += ((int32_t)seen[k] - zero) * some[k];
                        }
                    }
                y[(r * w.out_columns + c) * filters + f] = (float)sum * scale[f] + (bias ? bias[f] : 0.0f);
            }
}
