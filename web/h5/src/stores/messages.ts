import type { Message } from '@zhangyin/shared/api'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call } from '@/lib/bank'

const PAGE = 20

export const useMessages = defineStore('messages', () => {
  const messages = ref<Message[] | null>(null)
  const cursor = ref('')
  const unread = computed(() => (messages.value ?? []).filter((m) => !m.read).length)

  async function load(): Promise<void> {
    const answer = await call('message.list', { limit: PAGE })
    messages.value = answer.messages
    cursor.value = answer.cursor
  }

  async function more(): Promise<void> {
    const answer = await call('message.list', { limit: PAGE, cursor: cursor.value })
    messages.value = [...(messages.value ?? []), ...answer.messages]
    cursor.value = answer.cursor
  }

  async function read(message: Message): Promise<void> {
    if (message.read) return
    await call('message.read', { message_id: message.message_id })
    message.read = true
  }

  function clear(): void {
    messages.value = null
    cursor.value = ''
  }

  return { messages, cursor, unread, load, more, read, clear }
})
