/** A Field that react-hook-form looks after. */
import type { ComponentProps } from 'react'
import { type Control, Controller, type FieldPath, type FieldValues } from 'react-hook-form'
import { Field } from './Field'

type Props<V extends FieldValues> = Omit<ComponentProps<typeof Field>, 'mistake' | 'name'> & {
  control: Control<V>
  name: FieldPath<V>
  /** The sentence for a value that does not fit. */
  mistake: string
}

export function FormField<V extends FieldValues>({ control, name, mistake, ...rest }: Props<V>) {
  return (
    <Controller
      control={control}
      name={name}
      render={({ field, fieldState }) => (
        <Field
          {...rest}
          name={field.name}
          value={field.value}
          onChange={field.onChange}
          onBlur={field.onBlur}
          inputRef={field.ref}
          mistake={fieldState.invalid ? mistake : undefined}
        />
      )}
    />
  )
}
