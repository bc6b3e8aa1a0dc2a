/** What can be said of a password before it is sent. The server decides, and knows more: earlier and common ones, the figures in force. */
export type PasswordProblem = '' | 'short' | 'mix' | 'like'

const MIN = 7

export function passwordProblem(password: string, user: string): PasswordProblem {
  if (password.length < MIN) return 'short'
  if (!/[A-Za-z]/.test(password) || !/\d/.test(password)) return 'mix'
  return user.length >= 4 && password.toLowerCase().includes(user.toLowerCase()) ? 'like' : ''
}
