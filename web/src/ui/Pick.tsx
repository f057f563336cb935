/** One of many, in a list that opens: assets. */
import { Button } from 'react-aria-components/Button'
import { Label } from 'react-aria-components/Label'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { Popover } from 'react-aria-components/Popover'
import { Select, SelectValue } from 'react-aria-components/Select'
import { classes } from './classes'
import { Icon } from './Icon'

export interface PickOption {
  value: string
  label: string
  detail?: string
}

interface Props {
  label: string
  value: string
  options: readonly PickOption[]
  onChange: (value: string) => void
  isLabelHidden?: boolean
  className?: string
}

export function Pick({ label, value, options, onChange, isLabelHidden, className }: Props) {
  return (
    <Select
      value={value}
      onChange={(key) => key !== null && onChange(String(key))}
      className={classes('grid gap-1.5', className)}
    >
      <Label className={isLabelHidden ? 'sr-only' : 'text-sm font-medium text-text-2'}>{label}</Label>
      <Button className="flex h-11 w-full items-center justify-between gap-2 rounded-control border border-control bg-surface px-3 text-lg">
        <SelectValue className="isolate-text truncate">
          {() => <bdi>{options.find((option) => option.value === value)?.label ?? value}</bdi>}
        </SelectValue>
        <Icon name="chevron" className="size-4 text-text-3" />
      </Button>
      <Popover className="min-w-[max(var(--trigger-width),14rem)] rounded-control border border-hairline bg-surface shadow-overlay">
        <ListBox
          className="max-h-80 overflow-auto py-1 outline-none"
          items={options.map((each) => ({ ...each, id: each.value }))}
        >
          {(option) => (
            <ListBoxItem
              textValue={option.label}
              className="flex h-11 cursor-pointer items-center justify-between gap-4 px-3 text-base data-[focused]:bg-sunken data-[selected]:font-semibold"
            >
              <bdi>{option.label}</bdi>
              {option.detail && <span className="text-sm font-normal text-text-3">{option.detail}</span>}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  )
}
