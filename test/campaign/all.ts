// The long campaigns, in full: `npm run campaign`. Each prints its figures; a broken promise ends the run.
import { killUnderLoad } from './kill.ts'

const kills = Number(process.argv[2] ?? 50)
console.log(`kill -9 under load, ${kills} times`)
console.log(await killUnderLoad(kills, line => console.log(`  ${line}`)))
