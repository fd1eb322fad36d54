// Random numbers with a seed: the same seed gives the same points, weights and batches, in every browser.
// The generator is sfc32 (Chris Doty-Humphrey, PractRand).

class Chance {
  constructor(seed) {
    this.state = [0x9e3779b9, 0x243f6a88, seed >>> 0, 1];
    for (let i = 0; i < 15; i += 1) this.bits();
  }

  bits() {
    let [a, b, c, d] = this.state;
    const t = (((a + b) | 0) + d) | 0;
    this.state = [b ^ (b >>> 9), (c + (c << 3)) | 0, (((c << 21) | (c >>> 11)) + t) | 0, (d + 1) | 0];
    return t >>> 0;
  }

  uniform(low = 0, high = 1) {
    return low + (high - low) * (this.bits() / 4294967296);
  }

  // By Box and Muller.
  normal(mean = 0, deviation = 1) {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  draw([kind, a, b]) {
    return kind === "normal" ? this.normal(a, b) : kind === "uniform" ? this.uniform(a, b) : a;
  }

  // Fisher and Yates.
  shuffled(list) {
    const result = [...list];
    for (let i = result.length - 1; i > 0; i -= 1) {
      const j = Math.floor(this.uniform(0, i + 1));
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }
}
