/** A question that has to be answered before anything else. */
import type { ReactNode } from 'react'
import { Dialog as AriaDialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'

interface Props {
  title: string
  isOpen: boolean
  onClose: () => void
  children: ReactNode
}

export function Dialog({ title, isOpen, onClose, children }: Props) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(next) => !next && onClose()}
      isDismissable
      className="fixed inset-0 z-30 grid place-items-end bg-ink/50 md:place-items-center"
    >
      <Modal className="w-full max-w-ask rounded-t-sheet border border-hairline bg-canvas p-6 shadow-overlay outline-none md:rounded-sheet">
        <AriaDialog className="grid gap-5 outline-none">
          <Heading slot="title" className="text-xl">
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
