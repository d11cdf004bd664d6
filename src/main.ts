// The doorway: argv → cli/program.ts; nothing else. The version is looked at before anything that an old Node cannot load.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`picket: this is Node.js ${process.versions.node}; Picket needs 24.15 or newer\n`)
  process.exitCode = 3
} else {
  // Keeps the stripped and compiled sources between starts; threads and search processes find it by the variable. Beside
  // the modules and not in /tmp, where anybody could lay compiled code for us.
  const { enableCompileCache } = await import('node:module')
  const cache = process.env.NODE_COMPILE_CACHE ?? `${import.meta.dirname}/../node_modules/.cache/picket`
  const { directory } = enableCompileCache(cache)
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE = cache
  const { main } = await import('./cli/program.ts')
  process.exitCode = await main(process.argv.slice(2))
}
