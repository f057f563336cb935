/** The ticket that opens the socket. */
import { http, open } from './client'

export const socketTicket = () => open(http.POST('/api/v1/ws/tickets', {}))
