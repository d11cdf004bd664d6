// --var name=value: values for the placeholders of rules (Sigma modifier `expand`).
import { type Command, InvalidArgumentError } from 'commander'
import type { Variables } from '../detect/modifiers.ts'

export type VariableOptions = { readonly var?: Variables }

/** Adds `--var`; the same name again adds a value. */
export function addVariableOption(command: Command): Command {
  return command.option('--var <name=value>', 'value of a placeholder; may be given several times', addVariable)
}

function addVariable(text: string, before: Variables = {}): Variables {
  const found = /^([\w.-]+)=(.*)$/s.exec(text)
  const [, name, value] = found ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Give name=value.')
  return { ...before, [name]: [...(before[name] ?? []), value] }
}
