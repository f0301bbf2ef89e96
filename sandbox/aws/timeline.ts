type Action = { readonly due: number; readonly act: () => void }

/**
 * The simulator's time. Instants are the machine's clock plus what was advanced; what is to happen later happens in
 * scene time, which runs `speed` times as fast. Nothing ticks: {@link settle} catches up before each request, in
 * order, and dates everything to the instant at which it was due.
 */
export class Timeline {
  readonly #machine: () => number
  #advanced = 0
  #speed = 1
  #scene = 0
  #instant: number
  #settling = false
  #actions: Action[] = []

  /** @param machine the machine's clock in milliseconds. */
  constructor(machine: () => number = Date.now) {
    this.#machine = machine
    this.#instant = machine()
  }

  now(): Date {
    return new Date(this.#settling ? this.#instant : this.#machine() + this.#advanced)
  }

  /** Does `act` when `seconds` of scene time have passed. */
  after(seconds: number, act: () => void): void {
    if (!this.#settling) this.settle()
    this.#actions.push({ due: this.#scene + seconds * 1000, act })
    this.#actions.sort((a, b) => a.due - b.due)
  }

  /** Does all that is due by now. */
  settle(): void {
    const target = this.#machine() + this.#advanced
    this.#play(this.#scene + (target - this.#instant) * this.#speed, this.#speed)
    this.#instant = target
  }

  /** @param speed 1 is real time, 0 stands still. */
  setSpeed(speed: number): void {
    this.settle()
    this.#speed = speed
  }

  /** Lets `seconds` pass at once, for the scene and for every expiry. */
  advance(seconds: number): void {
    this.settle()
    this.#play(this.#scene + seconds * 1000, 1)
    this.#advanced += seconds * 1000
    this.#instant = this.#machine() + this.#advanced
  }

  #play(until: number, speed: number): void {
    this.#settling = true
    try {
      for (let next = this.#takeDue(until); next !== undefined; next = this.#takeDue(until)) {
        if (next.due > this.#scene) this.#instant += (next.due - this.#scene) / speed
        this.#scene = Math.max(this.#scene, next.due)
        next.act()
      }
    } finally {
      this.#settling = false
      this.#scene = until
    }
  }

  #takeDue(until: number): Action | undefined {
    const [first] = this.#actions
    return first !== undefined && first.due <= until ? this.#actions.shift() : undefined
  }
}
