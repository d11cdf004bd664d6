// Records of the last 24 hours as a small drawing; the number beside it says how many.
const width = 72
const height = 18
const step = width / 24

export function HourBars({ hours }: { hours: readonly number[] }) {
  const top = Math.max(...hours, 1)
  return (
    <svg class="hour-bars" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {hours.map((count, hour) => {
        // One record in an hour must still be seen beside thousands.
        const tall = count === 0 ? 0.5 : Math.max(2, (count / top) * height)
        return <rect key={hour} x={hour * step} y={height - tall} width={step - 1} height={tall} />
      })}
    </svg>
  )
}
