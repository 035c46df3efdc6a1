/** Two soft tones for a new message, made on the device; off until the applicant wants them. */

let context = null;

/** Play them; browsers allow it only after the applicant has used the page. */
export function chime() {
  try {
    context ??= new AudioContext();
    context.resume();
    [660, 880].forEach((pitch, number) => {
      const tone = context.createOscillator();
      const volume = context.createGain();
      const start = context.currentTime + number * 0.12;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.06, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + 0.32);
    });
  } catch {
    // A device without sound stays silent.
  }
}
