// The public names of syslog-parser.
export type { Framer, FramerOptions, FramingFlaw, OnFrame } from './framing.ts'
export { createFramer, framingFlaws } from './framing.ts'
export { parseMessage } from './parse.ts'
export { formatOfLayout, HeaderScan, printHeader, scanHeader } from './scan.ts'
export type { Format, ParseOptions, StructuredData, SyslogMessage } from './types.ts'
export { formats } from './types.ts'
