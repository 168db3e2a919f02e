// Where a MANIFEST really ends. Private to the store.
//
// RocksDB appends one record to its MANIFEST per checkpoint and per merge, and syncs. When the
// power goes between the two, the last record may be there in part: some sectors as written, the
// others zeros or garbage. That record was never confirmed, so nothing is wrong; but RocksDB 7.8
// takes it for corruption of the whole store and refuses to open, unless the file happens to end
// within the record. So it gets to see the MANIFEST only as far as its records are whole.
//
// What tells a torn end from damage: RocksManifestFile (rocks_files.h) makes each record durable
// before the next one is written. A record that begins behind a bad one therefore proves that the
// bad one was durable once, and is damage. Damage to the very last record looks like a torn end;
// whether it took a checkpoint with it, the applied witness knows (applied_witness.h).
#pragma once

#include "engine/base/result.h"
#include "engine/base/types.h"
#include "engine/io/file_system.h"

namespace varve {

// `manifest` is a whole file in RocksDB's log format. How many of its bytes, from the first, are
// whole records; the rest is room (rocks_files.h) or a torn end. `corrupt`, with the byte, if the
// rest holds the beginning of an intact record.
Result<size_t> intact_size_of_manifest(ByteView manifest);
// The same of a file, with its path in errors.
Result<size_t> intact_size_of_manifest(const File& file);

// The MANIFEST that the store in `directory` would be opened with.
Result<Path> current_manifest(FileSystem& files, const Path& directory);
// Whether that has anything but zeros behind its last whole record. False if there is no MANIFEST.
Result<bool> has_torn_manifest(FileSystem& files, const Path& directory);

}  // namespace varve
