/**
 * Bun cannot take back a dial. One that was given up holds its descriptor until the kernel gives up too, two minutes later,
 * so an endpoint that swallows packets would cost as many as there are requests in that time. Beyond a limit such an
 * endpoint is dialled one at a time, which finds out when it is back.
 */

/** Dials to one endpoint that were given up and not answered. */
const MAX_ABANDONED = 256;

interface Dials {
  wanted: number;
  abandoned: number;
}

/** One dial, to be settled when the kernel has an outcome. */
export interface DialTicket {
  /** Nobody waits for it any more. */
  abandon(): void;
  settle(): void;
}

export class DialBudget {
  readonly #endpoints = new Map<string, Dials>();
  readonly #maxAbandoned: number;

  constructor(maxAbandoned = MAX_ABANDONED) {
    this.#maxAbandoned = maxAbandoned;
  }

  /** Undefined when the endpoint must not be dialled now. */
  begin(endpoint: string): DialTicket | undefined {
    const dials = this.#endpoints.get(endpoint) ?? { wanted: 0, abandoned: 0 };
    if (dials.abandoned >= this.#maxAbandoned && dials.wanted > 0) return undefined;
    this.#endpoints.set(endpoint, dials);
    dials.wanted++;
    let abandoned = false;
    return {
      abandon() {
        if (abandoned) return;
        abandoned = true;
        dials.wanted--;
        dials.abandoned++;
      },
      settle: () => {
        if (abandoned) dials.abandoned--;
        else dials.wanted--;
        if (dials.wanted + dials.abandoned === 0) this.#endpoints.delete(endpoint);
      },
    };
  }
}
