// A point in time: short for the eye, exact on hover and for machines.
import { fullTime, relativeTime } from '../time/format.ts'

export function Ago({ time }: { time: string }) {
  return (
    <time dateTime={time} title={fullTime(time)}>
      {relativeTime(time)}
    </time>
  )
}

export function At({ time }: { time: string }) {
  return (
    <time dateTime={time} title={relativeTime(time)}>
      {fullTime(time)}
    </time>
  )
}
