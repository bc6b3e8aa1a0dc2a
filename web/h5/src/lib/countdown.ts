import { onUnmounted, ref, type Ref } from 'vue'

/** Whole seconds left until a point in time; 0 when it has passed. */
export function useCountdown(): { left: Ref<number>; until: (at: number) => void } {
  const left = ref(0)
  let end = 0
  const tick = () => (left.value = Math.max(0, Math.ceil((end - Date.now()) / 1000)))
  const timer = setInterval(tick, 500)
  onUnmounted(() => clearInterval(timer))
  return {
    left,
    until(at: number) {
      end = at
      tick()
    },
  }
}
