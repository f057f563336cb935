/** A box to tick, with its words. */
import type { ReactNode } from 'react'
import { CheckboxButton, CheckboxField } from 'react-aria-components/Checkbox'
import { Icon } from './Icon'

interface Props {
  isSelected: boolean
  onChange: (isSelected: boolean) => void
  help?: ReactNode
  children: ReactNode
}

export function Tick({ isSelected, onChange, help, children }: Props) {
  return (
    <CheckboxField isSelected={isSelected} onChange={onChange}>
      <CheckboxButton className="group flex cursor-pointer items-start gap-3">
        <span className="mt-0.5 grid size-5 shrink-0 place-items-center rounded-[3px] border border-control group-data-[focus-visible]:outline-2 group-data-[selected]:border-accent group-data-[selected]:bg-accent">
          {isSelected && <Icon name="check" className="size-4 stroke-[2.5] text-on-accent" />}
        </span>
        <span>
          {children}
          {help && <span className="block text-sm text-text-3">{help}</span>}
        </span>
      </CheckboxButton>
    </CheckboxField>
  )
}
