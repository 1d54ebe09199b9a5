/** What shows that something is under way? A ring, with words beside it or a name of its own. */
export function Spinner({ label, className = "" }: { label?: string; className?: string }) {
  return (
    <span role={label === undefined ? undefined : "status"} className={`inline-flex items-center ${className}`}>
      <span
        aria-hidden="true"
        className="inline-block size-4 animate-[hf-turn_0.9s_linear_infinite] rounded-full border-2 border-current border-t-transparent opacity-70"
      />
      {label !== undefined && <span className="sr-only">{label}</span>}
    </span>
  );
}

/** A place that words will fill: the same height as they, so that nothing moves when they come. */
export function Ghost({ className = "" }: { className?: string }) {
  return <span aria-hidden="true" className={`block animate-[hf-breathe_1.6s_ease-in-out_infinite] rounded-chip bg-ink/8 ${className}`} />;
}
