/** Memory of the parts of one upload, used again: new buffers for each would be garbage outside of V8's heap, which it sees late. */
export class PartBuffers {
  #free: Buffer[] = [];
  #isDropped = false;

  /** Parts grow by plan; what is too small by then is let go. */
  take(bytes: number): Buffer {
    this.#free = this.#free.filter(({ length }) => length === bytes);
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(bytes);
  }

  giveBack(buffer: Buffer): void {
    if (!this.#isDropped) this.#free.push(buffer);
  }

  drop(): void {
    this.#isDropped = true;
    this.#free = [];
  }
}
