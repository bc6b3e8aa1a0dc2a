/** The camera of the device: a moving picture on the page, and small JPEGs of a moment. Nothing of it is stored. */

/** Sides of a picture: enough for a comparison, small enough for one call of the channel. */
const WIDTH = 320
const HEIGHT = 400
const QUALITIES = [0.82, 0.7, 0.55, 0.4, 0.25]

export class CameraRefused extends Error {
  override name = 'CameraRefused'
}

export interface Camera {
  /** base64 of a JPEG of at most `max` bytes */
  picture: (max: number) => Promise<string>
  stop: () => void
}

/** Asks for the front camera and shows it in `video`. */
export async function openCamera(video: HTMLVideoElement): Promise<Camera> {
  const stream = await navigator.mediaDevices
    ?.getUserMedia({ video: { facingMode: 'user', width: { ideal: 640 }, height: { ideal: 480 } }, audio: false })
    .catch(() => null)
  if (!stream) throw new CameraRefused('no camera')
  const stop = () => {
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
  video.srcObject = stream
  try {
    await video.play()
  } catch {
    stop()
    throw new CameraRefused('the camera shows nothing')
  }
  return { picture: (max) => pictureOf(video, max), stop }
}

/** The middle of what the camera sees, upright, as large as it fits. */
function draw(video: HTMLVideoElement, canvas: HTMLCanvasElement): void {
  const { videoWidth: w, videoHeight: h } = video
  const scale = Math.max(WIDTH / w, HEIGHT / h)
  const [sw, sh] = [WIDTH / scale, HEIGHT / scale]
  canvas.getContext('2d')!.drawImage(video, (w - sw) / 2, (h - sh) / 2, sw, sh, 0, 0, WIDTH, HEIGHT)
}

async function pictureOf(video: HTMLVideoElement, max: number): Promise<string> {
  const canvas = document.createElement('canvas')
  canvas.width = WIDTH
  canvas.height = HEIGHT
  draw(video, canvas)
  try {
    for (const quality of QUALITIES) {
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality))
      if (blob !== null && blob.size <= max) return base64(new Uint8Array(await blob.arrayBuffer()))
    }
  } finally {
    canvas.getContext('2d')!.clearRect(0, 0, WIDTH, HEIGHT)
  }
  throw new CameraRefused('no picture fits')
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  bytes.fill(0)
  return btoa(text)
}
