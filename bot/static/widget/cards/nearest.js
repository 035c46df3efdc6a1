/** Which stations are near a point: worked out here, so that the position never leaves the device. */

const EARTH_KM = 6371.0088;
const SAFE_CHOICE = "civic_center";
// As the assistant itself reckons: from here on a distance is an estimate, and this much farther is still about as near.
const ABOUT_ABOVE_KM = 0.3;
const NEARLY_KM = 2;
const VAGUE_ABOVE_KM = 1;

const radians = (degrees) => (degrees * Math.PI) / 180;

/** Great-circle distance in kilometres between two WGS-84 points. */
export function distance(a, b) {
  const lat = radians(b.lat - a.lat) / 2;
  const lon = radians(b.lon - a.lon) / 2;
  const chord = Math.sin(lat) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(lon) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(Math.min(1, chord)));
}

function measured(station, point) {
  const own = point.error_km ?? 0;
  const away = distance(point, station.position);
  const error = Math.hypot(station.position.error_km, own);
  const about = own > VAGUE_ABOVE_KM || station.position.error_km > ABOUT_ABOVE_KM;
  if (away < error) return { ...station, away, error, distance_km: Math.ceil(error), about: true, below_error: true };
  const shown = about ? Math.max(1, Math.round(away)) : Math.round(away * 10) / 10;
  return { ...station, away, error, distance_km: shown, about, below_error: false };
}

/**
 * The stations nearest to `point` ({lat, lon, error_km}) that help with `matter`, at most `limit`. Where the nearest must be
 * called first, the certain one is among them and marked; where that is about as near it comes first.
 */
export function nearest(stations, point, matter = null, limit = 3) {
  const fitting = stations.filter((station) => station.position && (!matter || station.matters.includes(matter)));
  const order = fitting.map((station) => measured(station, point));
  const rounded = (station) => Math.round(station.away * 1000);
  order.sort((a, b) => rounded(a) - rounded(b));
  const shown = order.slice(0, limit);
  const certain = order.filter((station) => !station.call_first);
  const choice = certain.find((station) => station.key === SAFE_CHOICE) ?? certain[0];
  if (shown.length === 0 || !shown[0].call_first || !choice) return shown;
  const safe = { ...choice, safe_choice: true };
  if (choice.away - shown[0].away <= Math.max(NEARLY_KM, shown[0].error)) {
    return [safe, ...shown.filter((station) => station !== choice)].slice(0, limit);
  }
  if (shown.includes(choice)) return shown.map((station) => (station === choice ? safe : station));
  return [...shown.slice(0, Math.max(1, limit - 1)), safe];
}
