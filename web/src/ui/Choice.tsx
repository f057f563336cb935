/** One of a few, all in sight: ranges, languages, themes. */
import { Label } from 'react-aria-components/Label'
import { RadioButton, RadioField, RadioGroup } from 'react-aria-components/RadioGroup'
import { classes } from './classes'

interface Props<T extends string> {
  label: string
  value: T
  options: readonly { value: T; label: string }[]
  onChange: (value: T) => void
  isLabelHidden?: boolean
}

export function Choice<T extends string>({ label, value, options, onChange, isLabelHidden }: Props<T>) {
  const choose = (next: string) => {
    const option = options.find((each) => each.value === next)
    if (option) onChange(option.value)
  }
  return (
    <RadioGroup value={value} onChange={choose} orientation="horizontal" className="grid gap-1.5">
      <Label className={isLabelHidden ? 'sr-only' : 'text-sm font-medium text-text-2'}>{label}</Label>
      <div className="inline-flex w-fit rounded-control border border-hairline">
        {options.map((option) => (
          <RadioField key={option.value} value={option.value}>
            <RadioButton
              className={classes(
                'block min-w-11 cursor-pointer rounded-control px-3 py-1.5 text-center text-sm',
                'text-text-2 hover:text-text data-[selected]:bg-text data-[selected]:text-canvas',
              )}
            >
              {option.label}
            </RadioButton>
          </RadioField>
        ))}
      </div>
    </RadioGroup>
  )
}
