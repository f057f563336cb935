/** A labelled line to type in, with help below and the mistake in words. */
import type { ReactNode, Ref } from 'react'
import { FieldError } from 'react-aria-components/FieldError'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { TextField, type TextFieldProps } from 'react-aria-components/TextField'
import { classes } from './classes'

export const CONTROL = classes(
  'w-full h-11 rounded-control border border-control bg-surface text-lg text-text px-3',
  'placeholder:text-text-3 invalid:border-loss data-[invalid]:border-loss disabled:text-text-3',
)

interface Props extends Omit<TextFieldProps, 'className' | 'children'> {
  label: ReactNode
  help?: ReactNode
  mistake?: string | undefined
  /** Latin text stays left to right in every language. */
  isLatin?: boolean
  inputClassName?: string
  placeholder?: string
  inputRef?: Ref<HTMLInputElement>
}

export function Field({
  label,
  help,
  mistake,
  isLatin,
  inputClassName,
  placeholder,
  inputRef,
  ...rest
}: Props) {
  return (
    <TextField {...rest} isInvalid={Boolean(mistake)} validationBehavior="aria" className="grid gap-1.5">
      <Label className="text-sm font-medium text-text-2">{label}</Label>
      <Input
        ref={inputRef}
        placeholder={placeholder}
        {...(isLatin && { dir: 'ltr' })}
        className={classes(CONTROL, isLatin && 'rtl:text-end', inputClassName)}
      />
      {help && !mistake && (
        <Text slot="description" className="text-sm text-text-3">
          {help}
        </Text>
      )}
      <FieldError className="text-sm text-loss">{mistake}</FieldError>
    </TextField>
  )
}
