import { describe, expect, it } from '@jest/globals'
import { Timeline } from '../../sandbox/aws/timeline.ts'

function start() {
  const machine = { milliseconds: 1_000_000 }
  const timeline = new Timeline(() => machine.milliseconds)
  const seen: [string, number][] = []
  const note = (name: string) => () => {
    seen.push([name, timeline.now().getTime() - 1_000_000])
  }
  const pass = (seconds: number) => {
    machine.milliseconds += seconds * 1000
    timeline.settle()
  }
  return { timeline, seen, note, pass }
}

describe('the timeline', () => {
  it('does what is due in order and dates it to when it was due', () => {
    const { timeline, seen, note, pass } = start()
    timeline.after(2, note('second'))
    timeline.after(1, note('first'))
    timeline.after(9, note('later'))

    pass(5)

    expect(seen).toEqual([
      ['first', 1000],
      ['second', 2000],
    ])
  })

  it('counts from the action that schedules the next one', () => {
    const { timeline, seen, note, pass } = start()
    timeline.after(1, () => {
      timeline.after(1, note('next'))
    })

    pass(10)

    expect(seen).toEqual([['next', 2000]])
  })

  it('goes faster with a speed, while instants stay real', () => {
    const { timeline, seen, note, pass } = start()
    timeline.setSpeed(10)
    timeline.after(5, note('done'))

    pass(1)

    expect(seen).toEqual([['done', 500]])
    expect(timeline.now().getTime()).toBe(1_001_000)
  })

  it('stands still at speed 0 until it is advanced', () => {
    const { timeline, seen, note, pass } = start()
    timeline.setSpeed(0)
    timeline.after(5, note('done'))

    pass(100)

    expect(seen).toEqual([])

    timeline.advance(5)

    expect(seen).toEqual([['done', 105_000]])
    expect(timeline.now().getTime()).toBe(1_105_000)
  })

  it('does what it is asked to do at once with the next settling', () => {
    const { timeline, seen, note, pass } = start()
    timeline.setSpeed(0)
    timeline.after(0, note('now'))

    pass(0)

    expect(seen).toEqual([['now', 0]])
  })
})
