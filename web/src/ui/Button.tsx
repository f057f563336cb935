/** What is pressed: one filled button a screen, the others quiet. */
import { Button as AriaButton, type ButtonProps } from 'react-aria-components/Button'
import { classes } from './classes'

type Look = 'filled' | 'quiet' | 'text'

const LOOKS: Record<Look, string> = {
  filled:
    'h-11 px-5 bg-accent text-on-accent font-semibold hover:bg-accent-hover disabled:bg-sunken disabled:text-text-3',
  quiet:
    'h-11 px-4 border border-control text-text hover:border-text disabled:text-text-3 disabled:border-hairline',
  text: 'min-h-6 text-accent underline decoration-1 underline-offset-4 hover:text-accent-hover disabled:text-text-3',
}

interface Props extends Omit<ButtonProps, 'className'> {
  look?: Look
  isWide?: boolean
  className?: string
}

export function Button({ look = 'quiet', isWide = false, className, ...rest }: Props) {
  return (
    <AriaButton
      {...rest}
      className={classes(
        'inline-flex items-center justify-center gap-2 rounded-control transition-colors duration-150',
        'data-[pending]:opacity-70 disabled:cursor-not-allowed',
        LOOKS[look],
        isWide && 'w-full',
        className,
      )}
    />
  )
}
