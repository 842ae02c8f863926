type MethodNames<T> = { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T];

/**
 * Replaces one method of one object. This is how a fault or a variation changes the simulation: the public methods of its parts are
 * the hook points, and the parts themselves know nothing of faults. `make` is given the method as it was, bound to its object.
 */
export function override<T extends object, K extends MethodNames<T>>(
  target: T,
  name: K,
  make: (original: T[K]) => T[K],
): void {
  const method = target[name] as (...args: unknown[]) => unknown;
  const bound = method.bind(target) as T[K];
  Object.defineProperty(target, name, { value: make(bound), configurable: true, writable: true });
}
