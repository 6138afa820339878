// Whether the rows that a pass decides from are still those that an earlier pass had loaded, asked without loading
// them.

/** A workspace in which a pass found nothing to do: the next one finds nothing either if all of this still holds. */
export interface QuietWorkspace {
  readonly stamp: string;
  /** Database time, epoch ms. A clock that goes back ends it. */
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
  /** What the interval was stretched by. */
  readonly pagesInProject: number;
}

/**
 * The stamp of workspace `w`. Null while its project is held or has an open incident, a change is open, or the brake
 * has anything to say: such a pass depends on more than rows. By xmin, and not by version and revision, so that a row
 * that somebody wrote by hand counts as written.
 */
export const STAMP = `case
  when w.braked_since is null and w.brake_released = '{}'
    and not exists (select from projects h where h.project = w.project and h.held_why is not null)
    and not exists (select from changes c where c.project = w.project and c.workspace = w.workspace
                    and c.closed_at is null)
    and not exists (select from incidents i where i.project = w.project and i.closed_at is null)
  then concat_ws(' ',
    (select sum(hashtextextended(processor, xmin::text::bigint)) from start_policies
     where project = w.project and workspace = w.workspace),
    (select sum(hashtextextended(processor, xmin::text::bigint)) from processor_status
     where project = w.project and workspace = w.workspace)) end`;
