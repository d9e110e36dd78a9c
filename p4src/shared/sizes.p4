// Sizes of tables and registers.
#ifndef OUM_SIZES_P4
#define OUM_SIZES_P4

#define OUM_GROUPS       1024 /* register cells: groups that one target can sequence */
#define PORT_ROLE_SIZE   512
#define OUM_GROUP_SIZE   2048 /* an unsequenced and a sequenced entry per group */
#define IPV4_LPM_SIZE    4096
#define OUM_COPY_SIZE    8192
#define ARP_GATEWAY_SIZE 512

#endif
