// The moons pass in Node by other means: node javascript_peers.cjs NAME < arguments.json prints its figures.
// Packages are found in NODE_PATH or in benchmarks/node_modules (npm install in this folder).
const fs = require("fs");
const { performance } = require("perf_hooks");
const given = JSON.parse(fs.readFileSync(0, "utf8"));
const sizes = [2, 16, 16, 1];
const w = Float64Array.from(given.w), X = Float64Array.from(given.X), y = Float64Array.from(given.y);
const n = y.length;

function median(f) {
    for (let i = 0; i < given.warm_up; i++) f();
    const times = [];
    const end = performance.now() + 1500;
    while (times.length < 20 || performance.now() < end) {
        const start = performance.now();
        f();
        times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b)[times.length >> 1] / 1000;
}

// Loops over flat arrays, as one writes them by hand: one neuron after the other, one point after the other.
function byHand() {
    const units = sizes.map((size) => new Float64Array(size)), slopes = sizes.map((size) => new Float64Array(size));
    const gradient = new Float64Array(w.length);
    const starts = [0];
    for (let l = 1; l < sizes.length; l++) starts.push(starts[l - 1] + (sizes[l - 1] + 1) * sizes[l]);
    return () => {
        gradient.fill(0);
        let loss = 0;
        for (let k = 0; k < n; k++) {
            units[0][0] = X[2 * k];
            units[0][1] = X[2 * k + 1];
            for (let l = 1; l < sizes.length; l++) {
                const below = units[l - 1], above = units[l], m = below.length;
                for (let j = 0, at = starts[l - 1]; j < above.length; j++, at++) {
                    let sum = 0;
                    for (let i = 0; i < m; i++) sum += w[at++] * below[i];
                    sum += w[at];
                    above[j] = l + 1 < sizes.length && sum < 0 ? 0 : sum;
                }
            }
            const margin = 1 - y[k] * units[3][0];
            if (margin <= 0) continue;
            loss += margin;
            slopes[3][0] = -y[k] / n;
            for (let l = sizes.length - 1; l > 0; l--) {
                const below = units[l - 1], m = below.length, back = slopes[l - 1].fill(0);
                for (let j = 0, at = starts[l - 1]; j < sizes[l]; j++, at++) {
                    const slope = l + 1 < sizes.length && units[l][j] <= 0 ? 0 : slopes[l][j];
                    for (let i = 0; i < m; i++, at++) {
                        gradient[at] += slope * below[i];
                        back[i] += slope * w[at];
                    }
                    gradient[at] += slope;
                }
            }
        }
        let penalty = 0;
        for (let i = 0; i < w.length; i++) {
            penalty += w[i] * w[i];
            gradient[i] += 2 * given.alpha * w[i];
        }
        return [loss / n + given.alpha * penalty, gradient];
    };
}

function ours() {
    const step = (0, eval)(given.source);
    return () => {
        const [[loss], gradient] = step(w, X, y);
        return [loss, gradient];
    };
}

async function tensorflow() {
    const tf = require("@tensorflow/tfjs");
    await tf.setBackend("cpu");
    await tf.ready();
    const layers = [];
    for (let l = 1, at = 0; l < sizes.length; at += (sizes[l - 1] + 1) * sizes[l], l++) {
        const end = at + (sizes[l - 1] + 1) * sizes[l];
        layers.push(tf.tensor2d(Float32Array.from(w.subarray(at, end)), [sizes[l], sizes[l - 1] + 1]));
    }
    const points = tf.tensor2d(Float32Array.from(X), [n, 2]), labels = tf.tensor1d(Float32Array.from(y)), ones = tf.ones([n, 1]);
    const loss = (...layers) => {
        let x = points;
        layers.forEach((layer, l) => {
            x = tf.matMul(tf.concat([x, ones], 1), layer, false, true);
            if (l + 1 < layers.length) x = tf.relu(x);
        });
        const margins = tf.relu(tf.sub(1, tf.mul(labels, x.reshape([n]))));
        const penalty = layers.map((layer) => tf.sum(tf.square(layer))).reduce((a, b) => tf.add(a, b));
        return tf.add(tf.mean(margins), tf.mul(given.alpha, penalty));
    };
    const step = tf.valueAndGrads(loss);
    return () =>
        tf.tidy(() => {
            const { value, grads } = step(layers);
            return [value.dataSync()[0], grads.flatMap((grad) => Array.from(grad.dataSync()))];
        });
}

// Its hinge loss is for classes of two outputs; the loss of a regression costs no more, and its gradient is not checked.
function convnet() {
    const convnetjs = require("convnetjs");
    const net = new convnetjs.Net();
    net.makeLayers([
        { type: "input", out_sx: 1, out_sy: 1, out_depth: 2 },
        { type: "fc", num_neurons: 16, activation: "relu" },
        { type: "fc", num_neurons: 16, activation: "relu" },
        { type: "regression", num_neurons: 1 },
    ]);
    return () => {
        let loss = 0;
        const x = new convnetjs.Vol(1, 1, 2);
        for (let k = 0; k < n; k++) {
            x.w[0] = X[2 * k];
            x.w[1] = X[2 * k + 1];
            net.forward(x, true);
            loss += net.backward([y[k]]);
        }
        return [loss, null];
    };
}

async function main() {
    const pass = await { byHand, ours, tensorflow, convnet }[process.argv[2]]();
    const seconds = median(pass);
    const [loss, gradient] = pass();
    console.log(JSON.stringify({ seconds, loss, gradient: gradient && Array.from(gradient) }));
}
main();
