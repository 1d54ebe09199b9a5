/** What does something to fill in look like? A visible label, a hint, and the sentence that says what is wrong with it. */
import { useId, type ComponentProps } from "react";

export type FieldProps = ComponentProps<"input"> & { label: string; hint?: string; problem?: string | undefined };

export function Field({ label, hint, problem, className = "", ...rest }: FieldProps) {
  const id = useId();
  const described = [hint === undefined ? "" : `${id}-hint`, problem === undefined ? "" : `${id}-problem`].join(" ").trim();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-s font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-describedby={described === "" ? undefined : described}
        aria-invalid={problem === undefined ? undefined : true}
        className="min-h-target w-full rounded-m border border-field bg-surface px-3 text-m text-ink placeholder:text-soft aria-invalid:border-danger"
        {...rest}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-s text-soft">
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} className="mt-1 text-s text-danger" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
