// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The records of virtio_snd_reg.h that Rust reads and sends.

use crate::bindings::{
    vtsnd_wire_chmap_info, vtsnd_wire_ctl_enumerated, vtsnd_wire_ctl_event, vtsnd_wire_ctl_hdr,
    vtsnd_wire_ctl_info, vtsnd_wire_ctl_integer, vtsnd_wire_ctl_integer64, vtsnd_wire_ctl_tlv,
    vtsnd_wire_event, vtsnd_wire_hdr, vtsnd_wire_jack_info, vtsnd_wire_jack_remap,
    vtsnd_wire_pcm_hdr, vtsnd_wire_pcm_info, vtsnd_wire_pcm_set_params, vtsnd_wire_query_info,
};

kpi::wire! {
    vtsnd_wire_hdr { code }
    vtsnd_wire_event { code, data }
    vtsnd_wire_query_info { code, start_id, count, size }
    vtsnd_wire_jack_info {
        hda_fn_nid, features, hda_reg_defconf, hda_reg_caps, connected, padding,
    }
    vtsnd_wire_jack_remap { code, jack_id, association, sequence }
    vtsnd_wire_pcm_hdr { code, stream_id }
    vtsnd_wire_pcm_info {
        hda_fn_nid, features, formats, rates, direction, channels_min, channels_max, padding,
    }
    vtsnd_wire_pcm_set_params {
        code, stream_id, buffer_bytes, period_bytes, features, channels, format, rate, padding,
    }
    vtsnd_wire_chmap_info { hda_fn_nid, direction, channels, positions }
    vtsnd_wire_ctl_info { hda_fn_nid, role, type_, access, count, index, name, range }
    vtsnd_wire_ctl_integer { min, max, step }
    vtsnd_wire_ctl_integer64 { min, max, step }
    vtsnd_wire_ctl_enumerated { items }
    vtsnd_wire_ctl_hdr { code, control_id }
    vtsnd_wire_ctl_tlv { type_, length }
    vtsnd_wire_ctl_event { code, control_id, mask }
}
