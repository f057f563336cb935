/** How long a password has to be; the server asks for more than that. */
export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 128
