@name(".oum_drop") @id(0x01000005)
action oum_drop(inout bit<3> drop_ctl) {
    drop_ctl = 1; // no copy of any kind
}
