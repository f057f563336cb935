/** Asking for a factor again: a call that needs a fresh one waits here until the investor has shown it. */

type Answer = (isProved: boolean) => void

export class StepUpStore {
  private waiting: Answer[] = []
  private readonly watchers = new Set<() => void>()

  isAsked = (): boolean => this.waiting.length > 0

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  /** True once a factor was proved; false when the investor would rather not. Calls at once ask once. */
  ask(): Promise<boolean> {
    // With nobody to show the question, the refusal itself is the answer.
    if (this.watchers.size === 0) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      this.tell()
    })
  }

  answer(isProved: boolean): void {
    const asked = this.waiting
    this.waiting = []
    this.tell()
    asked.forEach((resolve) => resolve(isProved))
  }

  private tell(): void {
    this.watchers.forEach((watcher) => watcher())
  }
}

export const stepUp = new StepUpStore()
